"""What an artifact holds: entries, manifest, digests, staging, the local cache. It knows no run and no log."""
