// A three-dimensional image that lies in the host's memory. Research use only. Not for diagnosis.
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef BONEMUSCLE_IMAGE_HPP
#define BONEMUSCLE_IMAGE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace bonemuscle {

/// How a voxel is stored; the numbers of `bonemuscle_voxel` in bonemuscle.h.
enum class Voxel : std::uint32_t { I8 = 1, U8 = 2, I16 = 3, U16 = 4, I32 = 5, U32 = 6, F32 = 7, F64 = 8 };

/// An image that is borrowed: the voxels stay where they are, and must stay unchanged until the run that was given it has returned.
struct Image {
    /// The first voxel; columns follow each other, then rows, then slices, without gaps. Aligned as its type asks.
    const void *voxels;
    Voxel type;
    /// Columns, rows, slices.
    std::array<std::size_t, 3> size;
    /// Centre of the first voxel in the patient, LPS millimetres (x to the left, y to the back, z to the head).
    std::array<double, 3> origin;
    /// LPS millimetres from a voxel to the next along columns' index, rows' index and slices' index: three vectors, one after another.
    std::array<double, 9> steps;
};

/// The `Voxel` of an arithmetic type, by its size and sign, so that `long` and `long long` are what they are on this platform.
template <class T> constexpr Voxel voxel_of() {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>, "a voxel is one number: images of colours or vectors are no CT");
    static_assert(sizeof(T) <= 4 || std::is_same_v<T, double>, "integers of 64 bits and long double are not read; copy to a smaller type");
    if constexpr (std::is_floating_point_v<T>) {
        return sizeof(T) == 4 ? Voxel::F32 : Voxel::F64;
    } else if constexpr (std::is_signed_v<T>) {
        return sizeof(T) == 1 ? Voxel::I8 : sizeof(T) == 2 ? Voxel::I16 : Voxel::I32;
    } else {
        return sizeof(T) == 1 ? Voxel::U8 : sizeof(T) == 2 ? Voxel::U16 : Voxel::U32;
    }
}

/// A plain array as an image; lengths as in Image.
template <class T>
constexpr Image image(const T *voxels, std::array<std::size_t, 3> size, std::array<double, 3> origin, std::array<double, 9> steps) {
    return Image{voxels, voxel_of<T>(), size, origin, steps};
}

} // namespace bonemuscle

#endif // BONEMUSCLE_IMAGE_HPP
