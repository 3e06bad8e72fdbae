"""Who may pass: the marker of every route, sessions, tokens against forged requests, and the shield around it all."""
