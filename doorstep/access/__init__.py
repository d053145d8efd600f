"""Callers over HTTP: what proves them (key, signed assertion, certificate), what they may do, whose things they see."""
