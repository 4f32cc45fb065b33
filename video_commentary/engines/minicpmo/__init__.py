"""MiniCPM-o 4.5 in process, on plain torch, without remote code."""
