#include "CRocksDBLog.h"

#include <rocksdb/c.h>
#include <rocksdb/env.h>

#include <cstdarg>
#include <memory>

// The C interface declares this type and, before version 9, has no function that makes one. Its content
// has been this one since the type exists.
struct rocksdb_logger_t {
    std::shared_ptr<rocksdb::Logger> rep;
};

namespace {

class DiscardingLog final : public rocksdb::Logger {
public:
    DiscardingLog() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}

    using rocksdb::Logger::Logv;

    void Logv(const char *, std::va_list) override {}
};

} // namespace

void veche_rocksdb_discard_log(rocksdb_options_t *options) {
    // The options keep a reference of their own.
    rocksdb_logger_t logger{std::make_shared<DiscardingLog>()};
    rocksdb_options_set_info_log(options, &logger);
}
