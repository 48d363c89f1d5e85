"""Keep what lies on disk: paths, files, downloads, checkpoints and cards."""
