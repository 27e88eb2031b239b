// ITK images, where they lie. Needs no header of ITK: any type with the functions of itk::Image that are called here will do.
// Research use only. Not for diagnosis.
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef BONEMUSCLE_ITK_HPP
#define BONEMUSCLE_ITK_HPP

#include "bonemuscle/library.hpp"

namespace bonemuscle {

/// The buffered voxels of an `itk::Image<T, 3>`, which lie in LPS as all images of ITK. Borrowed.
template <class ItkImage> Image image(const ItkImage &data) {
    static_assert(ItkImage::ImageDimension == 3,
                  "a CT and its labels have three dimensions; itk::ExtractImageFilter takes one image of a series");
    const auto region = data.GetBufferedRegion();
    const auto &spacing = data.GetSpacing();
    const auto &direction = data.GetDirection();
    Image image{data.GetBufferPointer(), voxel_of<typename ItkImage::PixelType>(), {}, {}, {}};
    for (unsigned int axis = 0; axis < 3; axis++) {
        image.size[axis] = region.GetSize()[axis];
        image.origin[axis] = data.GetOrigin()[axis];
        for (unsigned int step = 0; step < 3; step++) {
            const double length = direction[axis][step] * spacing[step];
            image.steps[3 * step + axis] = length;
            // The origin of ITK is that of index 0, which a cropped image does not hold.
            image.origin[axis] += length * static_cast<double>(region.GetIndex()[step]);
        }
    }
    if (image.voxels == nullptr)
        throw Error(Status::InvalidArgument, "the ITK image has no voxels: it was not allocated, or its filter not updated");
    return image;
}

} // namespace bonemuscle

#endif // BONEMUSCLE_ITK_HPP
