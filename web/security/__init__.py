"""Who may call: tokens, roles, bans, limits of connections and streams, and defences against other sites.

It knows callers, not what they ask for. No route comes in.
"""
