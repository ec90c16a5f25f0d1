"""What every client of a network needs: certificates, retries, the circuit breaker."""
