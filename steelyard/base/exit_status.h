#pragma once

namespace steelyard::base {

/// Of a server that can not trust its disk any more: EX_IOERR of sysexits.h. It is documented in
/// docs/guides/backup-and-recovery.md.
inline constexpr int exit_status_of_io_error = 74;

/// Of a server that got no memory where it can not give up one request: EX_OSERR.
inline constexpr int exit_status_of_no_memory = 71;

}  // namespace steelyard::base
