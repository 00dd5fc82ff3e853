#include "traces/npz.hpp"

#include <zip.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "models/base/error.hpp"
#include "traces/half.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 29;  // of all arrays of a file together
constexpr std::uintmax_t kMostFileBytes = std::uintmax_t{4} << 30;
constexpr std::size_t kMostHeader = 4096;

struct ZipCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, ZipCloser>;
using ArchiveFile = std::unique_ptr<zip_file_t, ZipCloser>;

struct Header {
  char kind = 'f';             // f, i, u, b
  int bytes = 4;               // of one element
  bool columns_first = false;  // Fortran order: the first axis varies fastest
  Shape shape;
};

Archive open_archive(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found) throw Error(path + ": there is no such file");
  if (fs::is_directory(status)) throw Error(path + ": this is a directory; a NumPy .npz file is wanted");
  if (!fs::is_regular_file(status)) throw Error(path + ": this is not a regular file; a NumPy .npz file is wanted");
  if (fs::file_size(path, failure) > kMostFileBytes) throw Error(path + ": the file is larger than 4 GiB");
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!archive) throw Error(path + ": this is not a NumPy .npz file (or it is truncated)");
  return archive;
}

// Reads exactly `count` bytes, or says that the array ends early.
void read_exactly(zip_file_t* file, void* target, std::size_t count, const std::string& where) {
  char* at = static_cast<char*>(target);
  while (count > 0) {
    const zip_int64_t got = zip_fread(file, at, count);
    if (got <= 0) throw Error(where + ": the array is truncated or damaged");
    at += got;
    count -= static_cast<std::size_t>(got);
  }
}

// The text after `'key':` in the header's Python dictionary.
std::optional<std::string> entry(const std::string& text, const std::string& key) {
  const std::size_t at = text.find("'" + key + "'");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t colon = text.find(':', at);
  if (colon == std::string::npos) return std::nullopt;
  const std::size_t first = text.find_first_not_of(' ', colon + 1);
  if (first == std::string::npos) return std::nullopt;
  return text.substr(first);
}

Shape parse_shape(const std::string& text, const std::string& where) {
  const std::size_t close = text.find(')');
  if (text.empty() || text[0] != '(' || close == std::string::npos) throw Error(where + ": its shape cannot be read");
  Shape shape;
  std::string digits;
  for (std::size_t i = 1; i <= close; ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c == ',' || c == ')') {
      if (digits.size() > 12 || (digits.empty() && c == ',')) throw Error(where + ": its shape cannot be read");
      if (!digits.empty()) shape.push_back(std::stoll(digits));
      digits.clear();
    } else if (c != ' ') {
      throw Error(where + ": its shape cannot be read");
    }
  }
  return shape;
}

Header read_header(zip_file_t* file, const std::string& where) {
  unsigned char start[8];
  read_exactly(file, start, sizeof start, where);
  if (std::memcmp(start, "\x93NUMPY", 6) != 0) throw Error(where + ": this is not a NumPy array");
  unsigned char size_bytes[4] = {0, 0, 0, 0};
  read_exactly(file, size_bytes, start[6] == 1 ? 2 : 4, where);
  const std::size_t size =
      size_bytes[0] | size_bytes[1] << 8 | size_bytes[2] << 16 | static_cast<std::size_t>(size_bytes[3]) << 24;
  if (start[6] < 1 || start[6] > 3 || size > kMostHeader) throw Error(where + ": its header cannot be read");
  std::string text(size, ' ');
  read_exactly(file, text.data(), size, where);

  const auto type = entry(text, "descr"), order = entry(text, "fortran_order"), shape = entry(text, "shape");
  if (!type || !order || !shape || type->size() < 5) throw Error(where + ": its header cannot be read");
  const std::string name = type->substr(1, 3);
  Header header;
  header.kind = name[1];
  header.bytes = name[2] - '0';
  static const std::string known = " <f2 <f4 <f8 <i2 <i4 <i8 <u2 <u4 <u8 |i1 |u1 |b1 ";
  if ((*type)[4] != '\'' || known.find(" " + name + " ") == std::string::npos) {
    throw Error(where + ": element type " + type->substr(0, type->find(',')) +
                " is not supported; little-endian float16/32/64, int8..64, uint8..64 and bool are");
  }
  header.columns_first = order->compare(0, 4, "True") == 0;
  if (!header.columns_first && order->compare(0, 5, "False") != 0) throw Error(where + ": its header cannot be read");
  header.shape = parse_shape(*shape, where);
  return header;
}

template <class T>
T load(const unsigned char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

double real_at(const unsigned char* at, int bytes) {
  if (bytes == 2) return from_half(load<std::uint16_t>(at));
  return bytes == 4 ? load<float>(at) : load<double>(at);
}

std::int64_t integer_at(const unsigned char* at, const Header& header, const std::string& where) {
  const bool sign = header.kind == 'i';
  switch (header.bytes) {
    case 1: return sign ? load<std::int8_t>(at) : load<std::uint8_t>(at);
    case 2: return sign ? load<std::int16_t>(at) : load<std::uint16_t>(at);
    case 4: return sign ? load<std::int32_t>(at) : load<std::uint32_t>(at);
    default: break;
  }
  const std::int64_t value = load<std::int64_t>(at);
  if (!sign && value < 0) throw Error(where + ": an element is larger than 2^63 - 1");
  return value;
}

// The same elements in C order.
Tensor rows_first(const Tensor& stored) {
  std::vector<std::int64_t> strides;
  std::int64_t stride = 1;
  for (std::int64_t size : stored.shape) {
    strides.push_back(stride);
    stride *= size;
  }
  return apply_view(stored, View{0, strides}, stored.shape);
}

Tensor read_array(zip_file_t* file, const std::string& where, std::int64_t& allowed) {
  const Header header = read_header(file, where);
  if (!fits(header.shape, allowed)) {
    throw Error(where + ": its shape " + to_string(header.shape) + " makes more than 2^29 elements in this file");
  }
  std::int64_t left = element_count(header.shape);
  allowed -= left;
  Tensor tensor;
  tensor.shape = header.shape;
  tensor.type = header.kind == 'f'   ? ElementType::real
                : header.kind == 'b' ? ElementType::boolean
                                     : ElementType::integer;
  std::vector<unsigned char> block(std::size_t{1} << 16);
  const std::int64_t per_block = static_cast<std::int64_t>(block.size()) / header.bytes;
  while (left > 0) {  // block by block: a false claim costs no memory
    const std::int64_t count = std::min(left, per_block);
    read_exactly(file, block.data(), static_cast<std::size_t>(count * header.bytes), where);
    for (std::int64_t i = 0; i < count; ++i) {
      const unsigned char* at = block.data() + i * header.bytes;
      if (tensor.type != ElementType::real) {
        tensor.integers.push_back(integer_at(at, header, where));
        continue;
      }
      const double value = real_at(at, header.bytes);
      if (!std::isfinite(value)) throw Error(where + ": it holds NaN or infinity");
      tensor.reals.push_back(value);
    }
    left -= count;
  }
  unsigned char more;
  if (zip_fread(file, &more, 1) != 0) throw Error(where + ": there are bytes after the array's last element");
  return header.columns_first ? rows_first(tensor) : tensor;
}

std::string npy_bytes(const Tensor& tensor) {
  const bool real = tensor.type == ElementType::real;
  std::string shape;
  for (std::int64_t size : tensor.shape) shape += std::to_string(size) + ", ";
  if (tensor.shape.size() > 1) shape.resize(shape.size() - 2);
  if (tensor.shape.size() == 1) shape.resize(shape.size() - 1);
  std::string header =
      std::string("{'descr': '") + (real ? "<f4" : "<i8") + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  const std::size_t padded = (10 + header.size() + 1 + 63) / 64 * 64;
  header.resize(padded - 11, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  const auto append = [&](const auto& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  for (double value : tensor.reals) append(static_cast<float>(value));
  for (std::int64_t value : tensor.integers) append(value);
  return bytes;
}

}  // namespace

NamedTensors read_npz(const std::string& path) {
  const Archive archive = open_archive(path);
  NamedTensors arrays;
  std::int64_t allowed = kMostElements;
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  if (entries <= 0) throw Error(path + ": the file holds no arrays; a NumPy .npz file is wanted");
  for (zip_int64_t i = 0; i < entries; ++i) {
    const char* raw = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
    std::string name = raw == nullptr ? "" : raw;
    if (name.size() < 5 || name.compare(name.size() - 4, 4, ".npy") != 0) {
      throw Error(path + ": entry '" + name + "' is not a NumPy array (its name does not end in .npy)");
    }
    name.resize(name.size() - 4);
    const std::string where = path + ": array '" + name + "'";
    const ArchiveFile file(zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(i), 0));
    if (!file) throw Error(where + ": it cannot be unpacked; stored and deflated arrays can");
    if (!arrays.emplace(name, read_array(file.get(), where, allowed)).second) throw Error(where + ": is there twice");
  }
  return arrays;
}

void write_npz(const std::string& path, const NamedTensors& arrays) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) throw Error(path + ": the file cannot be written");
  std::vector<std::string> contents;  // must live until the archive is closed
  contents.reserve(arrays.size());
  for (const auto& [name, tensor] : arrays) {
    contents.push_back(npy_bytes(tensor));
    zip_source_t* source = zip_source_buffer(archive.get(), contents.back().data(), contents.back().size(), 0);
    const zip_int64_t index = zip_file_add(archive.get(), (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    check(index >= 0, "an array could not be added to an npz file");
    const auto at = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(archive.get(), at, ZIP_CM_STORE, 0);
    zip_file_set_dostime(archive.get(), at, 0, (1 << 5) | 1, 0);  // 1980-01-01 00:00
  }
  if (zip_close(archive.get()) != 0) throw Error(path + ": the file cannot be written");
  (void)archive.release();
}

}  // namespace rondo
