"""Makes a BoneMuscle model folder (ONNX and manifest) from a trained nnU-Net v2: `python -m export --help`."""
