"""The demonstration: real partners on real sockets around a running hub. Also the far end of the journey tests."""
