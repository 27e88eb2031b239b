// A type with the functions of itk::Image that the header calls; ITK itself is in itk.cc.

#include "gluteus.hpp"

#include "bonemuscle/itk.hpp"

using namespace bonemuscle;

namespace {

const gluteus::Patient<float, std::int32_t> PATIENT;
/// The first index of a cropped image.
constexpr std::array<long, 3> FIRST = {4, 0, -2};

template <class T> struct Image3 {
    static constexpr unsigned int ImageDimension = 3;
    using PixelType = T;
    struct Region {
        std::array<long, 3> GetIndex() const { return FIRST; }
        std::array<std::size_t, 3> GetSize() const { return gluteus::SIZE; }
    };
    using Matrix = std::array<std::array<double, 3>, 3>;

    const T *voxels;
    Matrix direction = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    std::array<double, 3> origin = gluteus::ORIGIN;

    explicit Image3(const T *first) : voxels(first) {
        for (std::size_t axis = 0; axis < 3; axis++) origin[axis] -= gluteus::SPACING[axis] * static_cast<double>(FIRST[axis]);
    }

    const T *GetBufferPointer() const { return voxels; }
    Region GetBufferedRegion() const { return {}; }
    const std::array<double, 3> &GetSpacing() const { return gluteus::SPACING; }
    const std::array<double, 3> &GetOrigin() const { return origin; }
    const Matrix &GetDirection() const { return direction; }
};

} // namespace

int main() {
    const Library library;
    Study study;
    study.volume = image(Image3<float>(PATIENT.hu.data()));
    study.labels = image(Image3<std::int32_t>(PATIENT.labels.data()));
    study.label_names = PATIENT.names();
    CHECK(study.volume->voxels == PATIENT.hu.data());
    gluteus::is_known(library.measure(study, R"({"measurements": ["muscle"], "outputs": []})"));

    // Columns of the matrix are the axes of the image: a row of a slice runs to the head here, a slice to the front.
    Image3<float> turned(PATIENT.hu.data());
    turned.direction = {{{1, 0, 0}, {0, 0, -1}, {0, 1, 0}}};
    const std::array<double, 9> steps = {1.5, 0, 0, 0, 0, 2, 0, -3, 0};
    CHECK(image(turned).steps == steps);
    refuses([] { image(Image3<float>(nullptr)); }, Status::InvalidArgument, "no voxels");
}
