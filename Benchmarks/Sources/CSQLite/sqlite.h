#ifndef CUTOVER_BENCHMARKS_SQLITE_H
#define CUTOVER_BENCHMARKS_SQLITE_H

#include <sqlite3.h>

#endif
