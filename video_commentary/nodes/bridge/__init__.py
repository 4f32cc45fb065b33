"""The bridge node: web page, HTTP API and LiveKit room in front of the commentator."""
