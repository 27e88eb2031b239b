// Orthanc passes its own exceptions on to plugins as error codes, but not those of the libraries that it uses: a folder that cannot be
// made on a full disk leaves a service as a boost::filesystem::filesystem_error. Rust cannot catch it, so that it would end Orthanc.

#include <cstdint>
#include <new>

using Invoke = std::int32_t (*)(void* context, std::int32_t service, const void* parameters);

// OrthancPluginErrorCode_NotEnoughMemory, and OrthancPluginErrorCode_InternalError.
constexpr std::int32_t notEnoughMemory = 4;
constexpr std::int32_t internalError = -1;

extern "C" std::int32_t bonemuscle_contained_call(Invoke invoke, void* context, std::int32_t service, const void* parameters)
{
    try {
        return invoke(context, service, parameters);
    } catch (const std::bad_alloc&) {
        return notEnoughMemory;
    } catch (...) {
        return internalError;
    }
}
