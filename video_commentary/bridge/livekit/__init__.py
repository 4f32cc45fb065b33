"""The bridge as a participant of a LiveKit room; imports the LiveKit library only when it joins."""
