// Anchor of the benchmark: reads every file of a folder with dcmtk into one float volume of Hounsfield units.
// Prints seconds (best of N) and the sum of the volume.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

static double read_all(const std::vector<std::string> &files, std::vector<float> &volume) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::pair<double, size_t>> order;
    size_t slot = 0;
    for (const auto &file : files) {
        DcmFileFormat format;
        if (format.loadFile(file.c_str()).bad()) std::exit(1);
        DcmDataset *data = format.getDataset();
        Float64 slope = 1, intercept = 0, z = 0;
        data->findAndGetFloat64(DCM_RescaleSlope, slope);
        data->findAndGetFloat64(DCM_RescaleIntercept, intercept);
        data->findAndGetFloat64(DCM_ImagePositionPatient, z, 2);
        const Sint16 *pixels = nullptr;
        unsigned long count = 0;
        const Uint16 *raw = nullptr;
        if (data->findAndGetUint16Array(DCM_PixelData, raw, &count).bad()) std::exit(1);
        pixels = reinterpret_cast<const Sint16 *>(raw);
        volume.resize(count * files.size());
        float *out = volume.data() + slot * count;
        for (unsigned long i = 0; i < count; ++i) out[i] = static_cast<float>(pixels[i] * slope + intercept);
        order.emplace_back(z, slot++);
    }
    std::sort(order.begin(), order.end());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    std::vector<std::string> files;
    for (const auto &entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path().string());
    std::vector<float> volume;
    double best = 1e9;
    for (int i = 0; i < std::atoi(argv[2]); ++i) best = std::min(best, read_all(files, volume));
    double sum = 0;
    for (float value : volume) sum += value;
    std::printf("seconds %.4f sum %.0f\n", best, sum);
    return 0;
}
