// Plain arrays in, C++ types out: values known beforehand, refusals, progress, cancelling.

#include "gluteus.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace bonemuscle;

namespace {

const char *const ONLY_VALUES = R"({"measurements": ["muscle"], "outputs": []})";

template <class Hu, class Label> void measures(const Library &library) {
    const gluteus::Patient<Hu, Label> patient;
    gluteus::is_known(library.measure(patient.study(), ONLY_VALUES));
}

/// Turned over, so that columns run to the right: the same patient in a left-handed grid.
void measures_left_handed(const Library &library) {
    gluteus::Patient<std::int16_t, std::uint8_t> patient;
    for (std::size_t first = 0; first < patient.hu.size(); first += gluteus::SIZE[0]) {
        const auto turn = [first](auto &all) { std::reverse(all.begin() + first, all.begin() + first + gluteus::SIZE[0]); };
        turn(patient.hu);
        turn(patient.labels);
    }
    Study study = patient.study();
    for (auto *image : {&*study.volume, &*study.labels}) {
        image->origin[0] += gluteus::SPACING[0] * static_cast<double>(gluteus::SIZE[0] - 1);
        image->steps[0] = -image->steps[0];
    }
    gluteus::is_known(library.measure(study, ONLY_VALUES));
}

void says_what_is_missing(const Library &library) {
    const gluteus::Patient<std::int16_t, std::uint8_t> patient;
    Study study = patient.study();
    // Left and right exchanged: both contradict the image.
    std::swap(study.label_names[gluteus::LEFT], study.label_names[gluteus::RIGHT]);
    const Result result = library.measure(study, ONLY_VALUES);
    CHECK(gluteus::find(result, "left", "volume") == nullptr);
    std::size_t withheld = 0;
    for (const auto &one : result.not_measured) withheld += one.structure == "gluteus_maximus" && one.code == "LATERALITY";
    CHECK(withheld == 2);
    for (const auto &one : result.not_measured) CHECK(!one.reason.empty() && one.reason.back() != ' ');
    CHECK(result.json.find("\"notice\"") != std::string::npos);
}

void gives_files(const Library &library) {
    const gluteus::Patient<std::int16_t, std::uint8_t> patient;
    const Result result = library.measure(patient.study(), R"({"measurements": ["muscle"], "outputs": ["label-map"]})");
    const auto holds = [&result](const std::string &name) {
        for (const auto &file : result.files)
            if (file.name == name) return !file.data.empty() && !file.media_type.empty();
        return false;
    };
    CHECK(holds("report.json") && holds("results.csv") && holds("labels.nii.gz") && holds("labels.json"));
}

void refuses_what_cannot_be_used(const Library &library) {
    const gluteus::Patient<std::int16_t, std::uint8_t> patient;
    const Study study = patient.study();
    refuses([&] { library.measure(study, "{"); }, Status::Settings, "not JSON");
    refuses([&] { library.measure(study, R"({"heigth": 1.7})"); }, Status::Settings, "heigth");
    refuses([&] { library.measure(study, "{\"\xff\": 1}"); }, Status::InvalidArgument, "UTF-8");
    refuses([&] { library.measure(Study()); }, Status::Input, "");
    refuses([&] { Study none; none.files = {"does-not-exist"}; library.measure(none); }, Status::Input, "does-not-exist");
    refuses([&] { Study bad = study; bad.volume->voxels = nullptr; library.measure(bad); }, Status::InvalidArgument, "null");
    refuses([&] { Study bad = study; bad.volume->size = {SIZE_MAX, 2, 2}; library.measure(bad); }, Status::InvalidArgument, "memory");
    refuses([&] { Study bad = study; bad.volume->type = Voxel(9); library.measure(bad); }, Status::InvalidArgument, "9");
    refuses([&] { Study bad = study; bad.volume->steps[0] = NAN; library.measure(bad); }, Status::InvalidArgument, "");
    refuses([&] { Study bad = study; bad.volume->size = {0, 40, 30}; library.measure(bad); }, Status::InvalidArgument, "");
    refuses(
        [&] {
            Study bad = study;
            bad.volume->voxels = static_cast<const char *>(bad.volume->voxels) + 1;
            bad.volume->size[2]--;
            library.measure(bad);
        },
        Status::InvalidArgument, "multiple of 2");
}

void reports_progress(const Library &library) {
    const gluteus::Patient<std::int16_t, std::uint8_t> patient;
    std::atomic<int> inside{0};
    float last = 0;
    int told = 0;
    library.measure(patient.study(), ONLY_VALUES, [&](std::string_view stage, float fraction) {
        CHECK(++inside == 1);
        CHECK(!stage.empty() && fraction >= 0 && fraction <= 1);
        last = fraction;
        told++;
        inside--;
        return true;
    });
    CHECK(told > 2 && last == 1.0f);
}

void cancels(const Library &library) {
    const gluteus::Patient<std::int16_t, std::uint8_t> patient;
    refuses([&] { library.measure(patient.study(), ONLY_VALUES, [](auto, auto) { return false; }); }, Status::Cancelled, "");
    struct Closed {};
    bool came_out = false;
    try {
        library.measure(patient.study(), ONLY_VALUES, [](auto, auto) -> bool { throw Closed(); });
    } catch (const Closed &) {
        came_out = true;
    }
    CHECK(came_out);
    gluteus::is_known(library.measure(patient.study(), ONLY_VALUES));
}

void serves_several_threads(const Library &library) {
    const gluteus::Patient<std::int16_t, std::uint8_t> patient;
    const auto measure = [copy = library, &patient] { gluteus::is_known(copy.measure(patient.study(), ONLY_VALUES)); };
    std::thread one(measure), other(measure);
    one.join();
    other.join();
}

void refuses_what_is_no_library() {
    bool refused = false;
    try {
        Library library("no-library.so");
    } catch (const LoadError &error) {
        refused = std::string(error.what()).find("no-library.so") != std::string::npos;
    }
    CHECK(refused);
}

} // namespace

int main() {
    const Library library;
    CHECK(!library.version().empty());
    measures<std::int16_t, std::uint8_t>(library);
    measures<std::int32_t, std::uint16_t>(library);
    measures<float, std::int16_t>(library);
    measures<double, std::int32_t>(library);
    measures_left_handed(library);
    says_what_is_missing(library);
    gives_files(library);
    refuses_what_cannot_be_used(library);
    reports_progress(library);
    cancels(library);
    serves_several_threads(library);
    refuses_what_is_no_library();
}
