// The types of the headers, from and to those of the bridge.

#include "bonemuscle/library.hpp"

#include "bonemuscle-cpp/src/lib.rs.h"
#include "bonemuscle-cpp/src/listener.hpp"

#include <limits>
#include <utility>

namespace bonemuscle {

struct Library::Core {
    rust::Box<bridge::Core> core;
};

namespace {

std::size_t width(Voxel voxel) {
    switch (voxel) {
    case Voxel::I8:
    case Voxel::U8: return 1;
    case Voxel::I16:
    case Voxel::U16: return 2;
    case Voxel::I32:
    case Voxel::U32:
    case Voxel::F32: return 4;
    case Voxel::F64: return 8;
    }
    throw Error(Status::InvalidArgument, "the voxels' type " + std::to_string(static_cast<std::uint32_t>(voxel)) + " is none of Voxel");
}

/// The bytes of all voxels; what cannot lie in memory is refused before anybody reads it.
std::size_t bytes(const Image &image) {
    std::size_t count = width(image.type);
    for (std::size_t length : image.size) {
        if (length != 0 && count > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / length)
            throw Error(Status::InvalidArgument, "the image's size is more than memory can hold");
        count *= length;
    }
    if (image.voxels == nullptr && count != 0) throw Error(Status::InvalidArgument, "the image has a size, but its voxels are null");
    return count;
}

bridge::Image lent(const std::optional<Image> &image) {
    if (!image) return bridge::Image{{}, 0, {}, {}, {}};
    const auto *first = static_cast<const std::uint8_t *>(image->voxels);
    return bridge::Image{{first, bytes(*image)}, static_cast<std::uint32_t>(image->type), image->size, image->origin, image->steps};
}

/// Rust's texts are UTF-8 and nothing else.
template <class Text> Text utf8(const char *what, const std::string &text) {
    try {
        return Text(text);
    } catch (const std::invalid_argument &) {
        throw Error(Status::InvalidArgument, std::string(what) + " is not UTF-8");
    }
}

bridge::Study lent(const Study &study) {
    bridge::Study lent_study{{}, lent(study.volume), lent(study.labels), {}};
    for (const auto &path : study.files) lent_study.files.push_back(utf8<rust::String>("a path of the study", path.u8string()));
    for (const auto &[value, name] : study.label_names)
        lent_study.label_names.push_back({value, utf8<rust::String>("the name of a label", name)});
    return lent_study;
}

std::vector<std::string> texts(const rust::Vec<rust::String> &list) { return {list.begin(), list.end()}; }

template <class Out, class In> std::optional<Out> optional(const rust::Vec<In> &none_or_one) {
    if (none_or_one.empty()) return std::nullopt;
    return Out(none_or_one.front());
}

Measurement given(const bridge::Measurement &one) {
    return {std::string(one.structure),
            std::string(one.side),
            std::string(one.region),
            std::string(one.quantity),
            one.value,
            std::string(one.unit),
            optional<double>(one.standard_deviation),
            std::string(one.method),
            optional<std::string>(one.reference)};
}

NotMeasured given(const bridge::NotMeasured &one) {
    return {std::string(one.structure),  std::string(one.side),  std::string(one.region),
            texts(one.quantities),       texts(one.criteria),    std::string(one.code),
            std::string(one.reason),     optional<double>(one.found)};
}

File given(const bridge::File &file) {
    return {std::string(file.name), std::string(file.media_type), {file.data.begin(), file.data.end()}};
}

Result given(const bridge::Answer &answer) {
    Result result{std::string(answer.json), {}, {}, {}};
    for (const auto &one : answer.measurements) result.measurements.push_back(given(one));
    for (const auto &one : answer.not_measured) result.not_measured.push_back(given(one));
    for (const auto &file : answer.files) result.files.push_back(given(file));
    return result;
}

using Run = bridge::Answer (bridge::Core::*)(const bridge::Study &, rust::Str, const bridge::Listener &) const noexcept;

Result run(const bridge::Core &core, Run run, const Study &study, const std::string &settings, const Progress &progress) {
    const bridge::Listener listener(progress);
    const auto answer = (core.*run)(lent(study), utf8<rust::Str>("the settings", settings), listener);
    listener.rethrow();
    if (answer.status != 0) throw Error(static_cast<Status>(answer.status), std::string(answer.sentence));
    return given(answer);
}

template <class Load> rust::Box<bridge::Core> loaded(Load load, const std::string &path) {
    try {
        return load(rust::Str(path));
    } catch (const std::exception &error) {
        throw LoadError(error.what());
    }
}

} // namespace

Library::Library(const char *installed, Found) : core_(new Core{loaded(bridge::find, installed)}) {}

Library::Library(const std::filesystem::path &path) : core_(new Core{loaded(bridge::load, path.u8string())}) {}

std::string Library::version() const { return std::string(core_->core->version()); }

Result Library::measure(const Study &study, const std::string &settings, const Progress &progress) const {
    return run(*core_->core, &bridge::Core::measure, study, settings, progress);
}

Result Library::segment(const Study &study, const std::string &settings, const Progress &progress) const {
    return run(*core_->core, &bridge::Core::segment, study, settings, progress);
}

} // namespace bonemuscle
