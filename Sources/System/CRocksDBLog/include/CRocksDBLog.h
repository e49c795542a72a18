#ifndef VECHE_CROCKSDBLOG_H
#define VECHE_CROCKSDBLOG_H

// What RocksDB's C interface lacks: a database that keeps no text log. The file LOG beside the tables is
// written through a writer that asserts that no write follows a failed one, which RocksDB's own log does
// not heed: on a full disk the second line would abort the process, from whichever thread, before the
// failed write of the data has been reported to us.

#ifdef __cplusplus
extern "C" {
#endif

struct rocksdb_options_t;

/// Lets a database with these options discard its text log.
void veche_rocksdb_discard_log(struct rocksdb_options_t *options);

#ifdef __cplusplus
}
#endif

#endif
