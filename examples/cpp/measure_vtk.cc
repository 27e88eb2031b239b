// Measures a CT that a VTK program holds in memory: nothing is copied on the way. usage: measure_vtk CT.nii.gz LABELS.nii.gz VALUE=NAME...

#include <bonemuscle/bonemuscle.hpp>
#include <bonemuscle/vtk.hpp>

#include <cstdio>
#include <string>
#include <vtkNIFTIImageReader.h>
#include <vtkNew.h>

namespace {

/// NIfTI says in a matrix of its own where the axes that VTK keeps in millimetres lie in the patient, in RAS.
bonemuscle::Image read(vtkNIFTIImageReader &reader, const char *file) {
    reader.SetFileName(file);
    reader.Update();
    vtkMatrix4x4 *axes_to_ras = reader.GetSFormMatrix() != nullptr ? reader.GetSFormMatrix() : reader.GetQFormMatrix();
    if (axes_to_ras == nullptr) throw std::runtime_error(std::string(file) + " does not say where it lies in the patient");
    vtkNew<vtkMatrix4x4> index_to_ras;
    index_to_ras->DeepCopy(axes_to_ras);
    const double *spacing = reader.GetOutput()->GetSpacing();
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++)
            index_to_ras->SetElement(row, column, index_to_ras->GetElement(row, column) * spacing[column]);
    return bonemuscle::image(*reader.GetOutput(), *index_to_ras, bonemuscle::World::Ras);
}

} // namespace

int main(int count, char **arguments) {
    if (count < 4) {
        std::fprintf(stderr, "usage: measure_vtk CT.nii.gz LABELS.nii.gz VALUE=NAME...\n");
        return 2;
    }
    try {
        vtkNew<vtkNIFTIImageReader> ct, labels;
        bonemuscle::Study study;
        study.volume = read(*ct, arguments[1]);
        study.labels = read(*labels, arguments[2]);
        for (int one = 3; one < count; one++) {
            const std::string pair = arguments[one];
            study.label_names[std::stoi(pair)] = pair.substr(pair.find('=') + 1);
        }
        const auto result = bonemuscle::Library().measure(study, R"({"outputs": []})");
        for (const auto &one : result.measurements)
            std::printf("%s %s %s %g %s\n", one.structure.c_str(), one.side.c_str(), one.quantity.c_str(), one.value, one.unit.c_str());
        for (const auto &one : result.not_measured)
            std::fprintf(stderr, "%s %s: %s\n", one.structure.c_str(), one.side.c_str(), one.reason.c_str());
        return 0;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
