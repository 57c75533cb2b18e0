#pragma once
#include <microhttpd.h>

/// MHD_get_connection_info is variadic, which Swift does not import.
/// Returns the connection's socket, or -1.
static inline int virtfleet_connection_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}
