/* The bare limit for a loop of calls: so many GETs of one URL with so many connections, by libcurl's multi interface
 * and nothing else. Usage: calls_bare URL TOKEN COUNT PARALLEL. Prints the seconds it took. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static size_t swallow(char* data, size_t size, size_t count, void* context) {
  (void)data;
  *(size_t*)context += size * count;
  return size * count;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int count = atoi(argv[3]);
  const int parallel = atoi(argv[4]);
  size_t bytes = 0;
  char authorization[256];
  snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", argv[2]);
  struct curl_slist* headers = curl_slist_append(NULL, authorization);
  headers = curl_slist_append(headers, "Version: 2021-07-28");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  const double began = seconds();
  int started = 0, done = 0;
  while (done < count) {
    while (started < count && started - done < parallel) {
      CURL* easy = curl_easy_init();
      curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
      curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);
      curl_multi_add_handle(multi, easy);
      ++started;
    }
    int running = 0;
    curl_multi_perform(multi, &running);
    if (running > 0) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    int left = 0;
    for (CURLMsg* message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      if (message->data.result != CURLE_OK || status != 200) {
        fprintf(stderr, "a call failed: %s, status %ld\n", curl_easy_strerror(message->data.result), status);
        return 1;
      }
      curl_multi_remove_handle(multi, easy);
      curl_easy_cleanup(easy);
      ++done;
    }
  }
  printf("%.4f\n", seconds() - began);
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
  curl_global_cleanup();
  return 0;
}
