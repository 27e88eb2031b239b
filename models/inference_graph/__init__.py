"""A trained network's ONNX graph, rearranged so that it runs in less time and memory. Its answers stay the same but for the order in which
numbers are added.

| file | idea |
|---|---|
| `graph.py` | reading and changing a graph |
| `decoder.py` | the two steps of a U-Net's decoder that runtimes on CPUs do badly |
| `stem.py` | what dropout does not touch, as a network of its own |
"""
