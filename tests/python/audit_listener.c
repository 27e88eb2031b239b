/* A plugin of Orthanc that writes what the audit log is told to standard error, one line each. */
#include <OrthancCPlugin.h>
#include <stdio.h>

static OrthancPluginErrorCode Heard(const char* plugin, const char* user, OrthancPluginResourceType level, const char* id,
                                    const char* action, const void* data, uint32_t size) {
    fprintf(stderr, "AUDIT %s %s %d %s %s %.*s\n", plugin, user, (int)level, id, action, (int)size, (const char*)data);
    return OrthancPluginErrorCode_Success;
}

int32_t OrthancPluginInitialize(OrthancPluginContext* context) {
    return OrthancPluginRegisterAuditLogHandler(context, Heard);
}

void OrthancPluginFinalize(void) {}

const char* OrthancPluginGetName(void) { return "audit-listener"; }

const char* OrthancPluginGetVersion(void) { return "1"; }
