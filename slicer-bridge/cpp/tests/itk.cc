// Images of ITK itself: the place of every voxel is the one that ITK computes.

#include "gluteus.hpp"

#include "bonemuscle/itk.hpp"

#include <algorithm>
#include <itkImage.h>

using namespace bonemuscle;

namespace {

const gluteus::Patient<std::int16_t, std::uint8_t> PATIENT;

template <class Voxels> auto itk_image(const Voxels &voxels) {
    using Type = itk::Image<typename Voxels::value_type, 3>;
    typename Type::RegionType region({{2, -5, 3}}, {{gluteus::SIZE[0], gluteus::SIZE[1], gluteus::SIZE[2]}});
    auto data = Type::New();
    data->SetRegions(region);
    data->Allocate();
    data->SetSpacing(gluteus::SPACING.data());
    auto origin = data->GetOrigin();
    for (unsigned int axis = 0; axis < 3; axis++)
        origin[axis] = gluteus::ORIGIN[axis] - gluteus::SPACING[axis] * static_cast<double>(region.GetIndex()[axis]);
    data->SetOrigin(origin);
    std::copy(voxels.begin(), voxels.end(), data->GetBufferPointer());
    return data;
}

} // namespace

int main() {
    const Library library;
    const auto hu = itk_image(PATIENT.hu);
    const auto labels = itk_image(PATIENT.labels);
    Study study;
    study.volume = image(*hu);
    study.labels = image(*labels);
    study.label_names = PATIENT.names();
    CHECK(study.volume->voxels == hu->GetBufferPointer());
    gluteus::is_known(library.measure(study, R"({"measurements": ["muscle"], "outputs": []})"));

    itk::Matrix<double, 3, 3> oblique;
    const double direction[3][3] = {{0.8, -0.6, 0}, {0.6, 0.8, 0}, {0, 0, 1}};
    for (unsigned int row = 0; row < 3; row++)
        for (unsigned int column = 0; column < 3; column++) oblique(row, column) = direction[row][column];
    hu->SetDirection(oblique);
    const Image turned = image(*hu);
    const auto first = hu->GetBufferedRegion().GetIndex();
    itk::Index<3> index = {{first[0] + 7, first[1] + 11, first[2] + 13}};
    const auto place = hu->TransformIndexToPhysicalPoint<double>(index);
    for (unsigned int axis = 0; axis < 3; axis++) {
        const double ours = turned.origin[axis] + 7 * turned.steps[axis] + 11 * turned.steps[3 + axis] + 13 * turned.steps[6 + axis];
        CHECK(std::abs(ours - place[axis]) < 1e-9);
    }
}
