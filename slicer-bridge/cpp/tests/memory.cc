// The voxels are not copied: while a CT is measured, the process does not grow by as much as the CT.

#include "gluteus.hpp"

#include <algorithm>
#include <fstream>
#include <sys/mman.h>
#include <unistd.h>

using namespace bonemuscle;

namespace {

/// Memory of this process that no file stands behind, in bytes: what a copy would add to.
std::size_t anonymous() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("RssAnon:", 0) == 0) return std::stoul(line.substr(8)) * 1024;
    CHECK(false);
    return 0;
}

/// A CT of `size` bytes that is one page, seen again and again: air, and some muscle, without which nobody would take it for a CT.
const void *ct(std::size_t size) {
    const std::size_t page = 1 << 21;
    const int file = memfd_create("ct", 0);
    CHECK(file >= 0 && ftruncate(file, static_cast<off_t>(page)) == 0);
    std::vector<std::int16_t> voxels(page / sizeof(std::int16_t), -1000);
    std::fill_n(voxels.begin(), 1000, std::int16_t(60));
    CHECK(pwrite(file, voxels.data(), page, 0) == static_cast<ssize_t>(page));
    auto *start = static_cast<std::uint8_t *>(mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    CHECK(start != MAP_FAILED);
    for (std::size_t offset = 0; offset < size; offset += page)
        CHECK(mmap(start + offset, page, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED);
    close(file);
    return start;
}

} // namespace

int main() {
    const std::array<std::size_t, 3> size = {512, 512, 512};
    const std::size_t bytes = size[0] * size[1] * size[2] * sizeof(std::int16_t);
    const gluteus::Patient<std::int16_t, std::uint8_t> patient;
    Study study = patient.study();
    study.volume = image(static_cast<const std::int16_t *>(ct(bytes)), size, {-256, -256, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1});

    const Library library;
    const std::size_t before = anonymous();
    std::size_t most = before;
    std::string stages;
    library.measure(study, R"({"measurements": ["muscle"], "outputs": []})", [&](std::string_view stage, float) {
        most = std::max(most, anonymous());
        stages += std::string(stage) + " ";
        return true;
    });
    CHECK(stages.find("segment") != std::string::npos && stages.find("measure") != std::string::npos);
    std::printf("a CT of %zu MB: %zu MB more while it was measured\n", bytes >> 20, (most - before) >> 20);
    CHECK(most - before < bytes / 4);
}
