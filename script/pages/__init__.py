"""What script/docs makes pages of."""
