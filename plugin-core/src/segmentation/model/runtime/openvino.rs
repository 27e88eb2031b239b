//! OpenVINO, where its files are installed.
