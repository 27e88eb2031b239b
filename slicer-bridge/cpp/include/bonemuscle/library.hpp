// Measures bone and muscle on images that lie in the memory of a C++ program. Research use only. Not for diagnosis.
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef BONEMUSCLE_LIBRARY_HPP
#define BONEMUSCLE_LIBRARY_HPP

#include "bonemuscle/image.hpp"
#include "bonemuscle/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bonemuscle {

/// How a call ended that gave nothing; the numbers of `bonemuscle_status` in bonemuscle.h.
enum class Status : std::uint32_t {
    /// An argument cannot be used.
    InvalidArgument = 1,
    /// The settings cannot be used.
    Settings = 2,
    /// The input cannot be read, or is nothing that can be measured.
    Input = 3,
    /// There are no usable labels.
    Labels = 4,
    /// The progress function asked to stop.
    Cancelled = 5,
    /// The results could not be written.
    Write = 6,
    /// An error of BoneMuscle itself.
    Internal = 7,
    /// A model's files, or the library that runs models, cannot be used.
    Model = 8,
};

/// Why a call gave nothing; `what()` is one sentence for people.
class Error : public std::runtime_error {
  public:
    Error(Status status, const std::string &sentence) : std::runtime_error(sentence), status_(status) {}
    Status status() const noexcept { return status_; }

  private:
    Status status_;
};

/// Why there is no library; `what()` is one sentence for people.
class LoadError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What is measured: DICOM files, or an image in memory, or both, in which case the DICOM series is measured after its grid and voxels
/// were compared with the image's.
struct Study {
    /// DICOM files of one study, in any order, and folders of such files; others among them do no harm.
    std::vector<std::filesystem::path> files;
    /// A CT in Hounsfield units.
    std::optional<Image> volume;
    /// Labels in integers, on a grid of their own. They win over a segmentation among the files, not over the settings.
    std::optional<Image> labels;
    /// What the values of `labels` mean: `{1, "l3"}`, `{2, "gluteus_maximus_left"}`.
    std::map<std::int64_t, std::string> label_names;
};

/// Told the stage (`read`, `segment`, `measure`, `write`) and the fraction of the whole run done, 0 to 1; answers false to cancel. It is
/// called from threads of the library, never twice at once. What it throws cancels the run and comes out of it.
using Progress = std::function<bool(std::string_view stage, float fraction)>;

/// libbonemuscle, loaded. May be copied and used from several threads.
class Library {
  public:
    /// Loads the library that the environment variable BONEMUSCLE_LIBRARY names; where it is unset, the one beside this program, in
    /// `../lib` or in `../lib/bonemuscle`, else the one that this header was installed with.
    Library() : Library(INSTALLED, Found()) {}

    /// Loads the library at `path`.
    explicit Library(const std::filesystem::path &path);

    /// The version that every report names.
    std::string version() const;

    /// Measures. `settings` is the JSON object of bonemuscle_measure; its keys stand in plugin-core/src/settings.rs.
    Result measure(const Study &study, const std::string &settings = "{}", const Progress &progress = {}) const;

    /// Labels as `measure` would, and measures nothing: the label map and its names are files of the result.
    Result segment(const Study &study, const std::string &settings = "{}", const Progress &progress = {}) const;

  private:
    struct Found {};
    struct Core;
#ifdef BONEMUSCLE_INSTALLED_LIBRARY
    static constexpr const char *INSTALLED = BONEMUSCLE_INSTALLED_LIBRARY;
#else
    static constexpr const char *INSTALLED = "";
#endif
    Library(const char *installed, Found);

    std::shared_ptr<const Core> core_;
};

} // namespace bonemuscle

#endif // BONEMUSCLE_LIBRARY_HPP
