//! ONNX Runtime through `ort`, loaded from beside the library.
