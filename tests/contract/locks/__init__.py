"""What every kind of lock must do."""
