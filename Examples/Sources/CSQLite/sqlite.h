#ifndef CUTOVER_EXAMPLES_SQLITE_H
#define CUTOVER_EXAMPLES_SQLITE_H

#include <sqlite3.h>

#endif
