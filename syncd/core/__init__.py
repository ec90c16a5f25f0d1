"""What every room speaks of: values, errors, ports, and helpers of one subject each."""
