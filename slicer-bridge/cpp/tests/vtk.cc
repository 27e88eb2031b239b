// Images of VTK, in whichever world, cropped or turned.

#include "gluteus.hpp"

#include "bonemuscle/vtk.hpp"

#include <cstring>
#include <vtkNew.h>
#include <vtkSOADataArrayTemplate.h>

using namespace bonemuscle;

namespace {

const char *const ONLY_VALUES = R"({"measurements": ["muscle"], "outputs": []})";
const gluteus::Patient<std::int16_t, std::uint8_t> PATIENT;

/// The voxels in an image whose indices start at `first`, as those of a cropped one do; nothing places it yet.
template <class Voxels> void fill(vtkImageData &data, const Voxels &voxels, int type, std::array<int, 3> first = {0, 0, 0}) {
    int extent[6];
    for (int axis = 0; axis < 3; axis++) {
        extent[2 * axis] = first[axis];
        extent[2 * axis + 1] = first[axis] + static_cast<int>(gluteus::SIZE[axis]) - 1;
    }
    data.SetExtent(extent);
    data.AllocateScalars(type, 1);
    std::memcpy(data.GetScalarPointer(), voxels.data(), voxels.size() * sizeof voxels[0]);
}

struct Images {
    vtkNew<vtkImageData> hu, labels;

    explicit Images(std::array<int, 3> first = {0, 0, 0}) {
        fill(*hu, PATIENT.hu, VTK_SHORT, first);
        fill(*labels, PATIENT.labels, VTK_UNSIGNED_CHAR, first);
    }

    template <class Place> Study study(Place place) {
        Study study;
        study.volume = place(*hu);
        study.labels = place(*labels);
        study.label_names = PATIENT.names();
        return study;
    }
};

void by_its_own_place(const Library &library) {
    const std::array<int, 3> first = {5, -3, 7};
    Images images(first);
    const auto study = images.study([&](vtkImageData &data) {
        data.SetSpacing(gluteus::SPACING.data());
        double origin[3];
        for (int axis = 0; axis < 3; axis++) origin[axis] = gluteus::ORIGIN[axis] - first[axis] * gluteus::SPACING[axis];
        data.SetOrigin(origin);
        return image(data, World::Lps);
    });
    CHECK(study.volume->voxels == images.hu->GetScalarPointer());
    for (int axis = 0; axis < 3; axis++) CHECK(std::abs(study.volume->origin[axis] - gluteus::ORIGIN[axis]) < 1e-9);
    gluteus::is_known(library.measure(study, ONLY_VALUES));
}

/// As 3D Slicer keeps it: the image knows no place, the node's matrix does, in RAS.
void by_a_matrix(const Library &library) {
    Images images;
    vtkNew<vtkMatrix4x4> ijk_to_ras;
    for (int axis = 0; axis < 3; axis++) {
        const double sign = axis < 2 ? -1 : 1;
        ijk_to_ras->SetElement(axis, axis, sign * gluteus::SPACING[axis]);
        ijk_to_ras->SetElement(axis, 3, sign * gluteus::ORIGIN[axis]);
    }
    const auto ras = images.study([&](vtkImageData &data) { return image(data, *ijk_to_ras, World::Ras); });
    gluteus::is_known(library.measure(ras, ONLY_VALUES));
    // The same matrix called LPS lays the patient on the belly, head up: left is not where the names say.
    const auto lps = images.study([&](vtkImageData &data) { return image(data, *ijk_to_ras, World::Lps); });
    CHECK(gluteus::find(library.measure(lps, ONLY_VALUES), "left", "volume") == nullptr);
}

/// Turned by VTK's own direction matrix: rows to the head, slices to the front.
void by_a_direction() {
    Images images;
    images.hu->SetSpacing(gluteus::SPACING.data());
    images.hu->SetOrigin(1, 2, 3);
    images.hu->SetDirectionMatrix(1, 0, 0, 0, 0, -1, 0, 1, 0);
    const Image turned = image(*images.hu, World::Lps);
    const std::array<double, 9> steps = {1.5, 0, 0, 0, 0, 2, 0, -3, 0};
    for (std::size_t one = 0; one < 9; one++) CHECK(std::abs(turned.steps[one] - steps[one]) < 1e-12);
    for (int corner : {0, 1}) {
        double expected[3];
        images.hu->TransformIndexToPhysicalPoint(7 * corner, 11 * corner, 13 * corner, expected);
        const double index[3] = {7.0 * corner, 11.0 * corner, 13.0 * corner};
        for (std::size_t axis = 0; axis < 3; axis++) {
            double place = turned.origin[axis];
            for (std::size_t step = 0; step < 3; step++) place += index[step] * turned.steps[3 * step + axis];
            CHECK(std::abs(place - expected[axis]) < 1e-9);
        }
    }
}

void refuses_what_is_no_ct() {
    vtkNew<vtkImageData> data;
    refuses([&] { image(*data, World::Lps); }, Status::InvalidArgument, "no scalars");
    data->SetDimensions(4, 4, 4);
    data->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
    refuses([&] { image(*data, World::Lps); }, Status::InvalidArgument, "3 numbers a voxel");
    data->AllocateScalars(VTK_LONG_LONG, 1);
    refuses([&] { image(*data, World::Lps); }, Status::InvalidArgument, "vtkImageCast");
    data->AllocateScalars(VTK_SHORT, 1);
    data->GetPointData()->GetScalars()->SetNumberOfTuples(63);
    refuses([&] { image(*data, World::Lps); }, Status::InvalidArgument, "63 scalars");
    vtkNew<vtkSOADataArrayTemplate<short>> planes;
    planes->SetNumberOfComponents(1);
    planes->SetNumberOfTuples(64);
    data->GetPointData()->SetScalars(planes);
    refuses([&] { image(*data, World::Lps); }, Status::InvalidArgument, "not one array");
}

} // namespace

int main() {
    const Library library;
    by_its_own_place(library);
    by_a_matrix(library);
    by_a_direction();
    refuses_what_is_no_ct();
}
