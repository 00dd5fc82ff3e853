#include "traces/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "models/base/error.hpp"

namespace rondo {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  check(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 && size == 32,
        "SHA-256 is not to be had from libcrypto");
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned b = 0; b < size; ++b) {
    text += kDigits[digest[b] >> 4];
    text += kDigits[digest[b] & 15];
  }
  return text;
}

}  // namespace rondo
