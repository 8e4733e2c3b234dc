#ifndef CUTOVER_BENCHMARKS_CURL_H
#define CUTOVER_BENCHMARKS_CURL_H

#include <curl/curl.h>

#endif
