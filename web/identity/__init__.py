"""How clients find and recognise the server: host names, mDNS, certificates and the authority that signs
them.

Nothing comes in about who calls.
"""
