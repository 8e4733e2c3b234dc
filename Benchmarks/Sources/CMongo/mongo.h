#ifndef CUTOVER_BENCHMARKS_MONGO_H
#define CUTOVER_BENCHMARKS_MONGO_H

#include <mongoc/mongoc.h>

#endif
