"""Who an identity provider speaks for: web identity tokens and SAML responses."""
