"""The Qt side of the panel: every file is one part of it, and asks BoneMuscleLib for everything that is not a widget."""
