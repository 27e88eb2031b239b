// VTK images, where they lie. Research use only. Not for diagnosis.
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef BONEMUSCLE_VTK_HPP
#define BONEMUSCLE_VTK_HPP

#include "bonemuscle/library.hpp"

#include <vtkDataArray.h>
#include <vtkImageData.h>
#include <vtkMatrix3x3.h>
#include <vtkMatrix4x4.h>
#include <vtkPointData.h>
#include <vtkType.h>

#include <string>
#include <type_traits>

namespace bonemuscle {

/// Which way an axis of the program's world runs. VTK does not know; a wrong answer exchanges left and right.
enum class World {
    /// To the patient's left, back and head, as in DICOM and ITK.
    Lps,
    /// To the patient's right, front and head, as in 3D Slicer and NIfTI.
    Ras,
};

namespace detail {

inline Voxel voxel_of(vtkDataArray &scalars) {
    switch (scalars.GetDataType()) {
    case VTK_CHAR: return std::is_signed_v<char> ? Voxel::I8 : Voxel::U8;
    case VTK_SIGNED_CHAR: return Voxel::I8;
    case VTK_UNSIGNED_CHAR: return Voxel::U8;
    case VTK_SHORT: return Voxel::I16;
    case VTK_UNSIGNED_SHORT: return Voxel::U16;
    case VTK_INT: return Voxel::I32;
    case VTK_UNSIGNED_INT: return Voxel::U32;
    case VTK_FLOAT: return Voxel::F32;
    case VTK_DOUBLE: return Voxel::F64;
    default:
        throw Error(Status::InvalidArgument, std::string("the VTK image holds ") + scalars.GetDataTypeAsString() +
                                                 "; read are integers of up to 32 bits, float and double: vtkImageCast makes them");
    }
}

/// The voxels, their type and their number along each axis; place and steps are still those of the index.
inline Image voxels_of(vtkImageData &data) {
    const auto refuse = [](const std::string &sentence) { throw Error(Status::InvalidArgument, sentence); };
    vtkDataArray *scalars = data.GetPointData()->GetScalars();
    if (scalars == nullptr) refuse("the VTK image has no scalars: it is empty, or its filter was not updated");
    const int components = scalars->GetNumberOfComponents();
    if (components != 1) refuse("the VTK image has " + std::to_string(components) + " numbers a voxel; a CT and its labels have one");
    if (!scalars->HasStandardMemoryLayout()) refuse("the scalars of the VTK image are not one array; vtkDataArray::DeepCopy makes one");
    if (scalars->GetNumberOfTuples() != data.GetNumberOfPoints())
        refuse("the VTK image has " + std::to_string(data.GetNumberOfPoints()) + " voxels, but " +
               std::to_string(scalars->GetNumberOfTuples()) + " scalars");
    int size[3];
    data.GetDimensions(size);
    Image image{scalars->GetVoidPointer(0), voxel_of(*scalars), {}, {}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    for (std::size_t axis = 0; axis < 3; axis++) image.size[axis] = static_cast<std::size_t>(size[axis]);
    return image;
}

/// From the world's axes to LPS.
inline void to_lps(Image &image, World world) {
    if (world == World::Lps) return;
    for (std::size_t axis = 0; axis < 2; axis++) {
        image.origin[axis] = -image.origin[axis];
        for (std::size_t step = 0; step < 3; step++) image.steps[3 * step + axis] = -image.steps[3 * step + axis];
    }
}

} // namespace detail

/// The voxels of `data`, placed by its own origin, spacing and direction in a world whose axes run as `world` says. Borrowed.
inline Image image(vtkImageData &data, World world) {
    Image image = detail::voxels_of(data);
    const double *spacing = data.GetSpacing();
    int extent[6];
    data.GetExtent(extent);
    // The origin of VTK is that of index 0, which a cropped image does not hold.
    data.TransformIndexToPhysicalPoint(extent[0], extent[2], extent[4], image.origin.data());
    for (int step = 0; step < 3; step++)
        for (int axis = 0; axis < 3; axis++)
            image.steps[static_cast<std::size_t>(3 * step + axis)] = data.GetDirectionMatrix()->GetElement(axis, step) * spacing[step];
    detail::to_lps(image, world);
    return image;
}

/// The voxels of `data`, placed by a matrix from indices to `world`, such as vtkMRMLVolumeNode::GetIJKToRASMatrix with World::Ras: origin,
/// spacing and direction of `data` itself are not looked at. Borrowed.
inline Image image(vtkImageData &data, const vtkMatrix4x4 &index_to_world, World world) {
    Image image = detail::voxels_of(data);
    int extent[6];
    data.GetExtent(extent);
    for (int axis = 0; axis < 3; axis++) {
        const auto row = static_cast<std::size_t>(axis);
        image.origin[row] = index_to_world.GetElement(axis, 3);
        for (int step = 0; step < 3; step++) {
            const double length = index_to_world.GetElement(axis, step);
            image.steps[static_cast<std::size_t>(3 * step) + row] = length;
            image.origin[row] += length * extent[2 * step];
        }
    }
    detail::to_lps(image, world);
    return image;
}

} // namespace bonemuscle

#endif // BONEMUSCLE_VTK_HPP
