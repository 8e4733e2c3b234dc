#ifndef CUTOVER_CURL_H
#define CUTOVER_CURL_H

#include <curl/curl.h>

#endif
