#ifndef CUTOVER_MONGO_H
#define CUTOVER_MONGO_H

#include <mongoc/mongoc.h>

#endif
