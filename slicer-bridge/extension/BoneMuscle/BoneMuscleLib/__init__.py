"""What the panel does, without Qt: every file needs only MRML nodes, slicer.util and numpy, and runs wherever these are.

parameters      what the user chose, kept in a parameter node so that a saved scene remembers it
volume          which volumes can be measured, and where their voxels lie
dicom_files     the DICOM files that a volume was loaded from
program         the command line module BoneMuscleCLI, and how Slicer comes to know it
install         the Python package `bonemuscle`, installed when the user agrees
run             one measurement by BoneMuscleCLI: start, progress, cancel, outcome
report          the report as rows and sentences
table, plots    the report as table and plot nodes
structures      names, colours and codes of structures
segmentation    label map to segmentation node and back
recompute       the labels as they were edited, measured again in memory
chosen_slice    areas of muscle and fat in a slice that the user chose
batch           every CT of a folder, one after the other
dicom_export    SR and SEG into the DICOM database
sample_data     an open CT for Slicer's Sample Data
results         the nodes that hold the results of a volume
summary         the values that are read first, as HTML
session         all of it together: what the panel calls

Research use only. Not for diagnosis.
"""
