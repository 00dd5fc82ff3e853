#include "models/units/links.hpp"

#include <gtest/gtest.h>

#include "models/units/queue.hpp"

// Registered links: what is written in cycle t is seen in t + 1, not earlier, not later, whoever runs first.
namespace rondo {
namespace {

constexpr int kProducer = kSequencer, kConsumer = 0;

TEST(Queue, EntryIsSeenExactlyOneCycleAfterThePush) {
  Wakes wakes;
  Queue<int> queue(wakes, kProducer, kConsumer, 2);
  queue.push(10) = 7;
  EXPECT_EQ(queue.head(10), nullptr);
  EXPECT_EQ(wakes.of(kConsumer), 11) << "who looked too early is called for the next cycle";
  ASSERT_NE(queue.head(11), nullptr);
  EXPECT_EQ(*queue.head(11), 7);
}

TEST(Queue, PlaceIsFreeOneCycleAfterThePop) {
  Wakes wakes;
  Queue<int> queue(wakes, kProducer, kConsumer, 1);
  queue.push(0) = 1;
  queue.pop(5);
  EXPECT_FALSE(queue.room(5));
  EXPECT_EQ(wakes.of(kProducer), 6);
  EXPECT_TRUE(queue.room(6));
}

TEST(Queue, WhoeverWaitsIsCalled) {
  Wakes wakes;
  Queue<int> queue(wakes, kProducer, kConsumer, 1);
  EXPECT_EQ(queue.head(3), nullptr);
  EXPECT_EQ(wakes.of(kConsumer), kNever);
  queue.push(8) = 1;
  EXPECT_EQ(wakes.of(kConsumer), 9);
  EXPECT_FALSE(queue.room(9));
  EXPECT_EQ(wakes.of(kProducer), kNever);
  queue.pop(12);
  EXPECT_EQ(wakes.of(kProducer), 13);
}

TEST(Queue, KeepsOrderAroundTheRing) {
  Wakes wakes;
  Queue<int> queue(wakes, kProducer, kConsumer, 3);
  int next = 0, expected = 0;
  for (Cycle t = 0; t < 50; ++t) {
    if (const int* head = queue.head(t); head && t % 3 != 0) {
      EXPECT_EQ(*head, expected++);
      queue.pop(t);
    }
    if (queue.room(t)) queue.push(t) = next++;
  }
  EXPECT_GT(expected, 20);
}

class SemaphoresTest : public ::testing::Test {
 protected:
  const std::vector<Semaphore> declared = {{Unit::load, Unit::gate, 0}, {Unit::gate, Unit::load, 2}};
  Wakes wakes;
  Semaphores semaphores{wakes, declared};
};

TEST_F(SemaphoresTest, PostIsSeenOneCycleLater) {
  EXPECT_EQ(semaphores.lacking(4, 1), 1u);
  semaphores.post(5, 1);
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::gate)), 6);
  EXPECT_EQ(semaphores.lacking(5, 1), 1u);
  EXPECT_EQ(semaphores.lacking(6, 1), 0u);
}

TEST_F(SemaphoresTest, OlderCountIsNotHiddenByAPostOfThisCycle) {
  semaphores.post(5, 1);
  semaphores.post(9, 1);
  EXPECT_EQ(semaphores.lacking(9, 1), 0u);
  semaphores.take(1);
  EXPECT_EQ(semaphores.lacking(9, 1), 1u);
  EXPECT_EQ(semaphores.lacking(10, 1), 0u);
}

TEST_F(SemaphoresTest, TwoPostsInOneCycleCountTwice) {
  semaphores.post(5, 1);
  semaphores.post(5, 1);
  semaphores.take(1);
  EXPECT_EQ(semaphores.lacking(6, 1), 0u);
  semaphores.take(1);
  EXPECT_EQ(semaphores.lacking(6, 1), 1u);
}

TEST_F(SemaphoresTest, StartAtTheirInitialValues) {
  EXPECT_EQ(semaphores.lacking(0, 3), 1u);
  semaphores.take(2);
  semaphores.take(2);
  EXPECT_EQ(semaphores.lacking(0, 2), 2u);
}

TEST(TileFifo, TileIsUsableWhenStatedAndItsPlaceOneCycleAfterItIsFreed) {
  Wakes wakes;
  TileFifo tiles(wakes, 0, 1);
  EXPECT_TRUE(tiles.room(0));
  tiles.push(9, 16);
  EXPECT_FALSE(tiles.room(1));
  EXPECT_EQ(tiles.head(8), nullptr);
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::matrix)), 9);
  ASSERT_NE(tiles.head(9), nullptr);
  EXPECT_EQ(tiles.head(9)->bits, 16);
  tiles.free(12);
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::weights)), 13);
  EXPECT_FALSE(tiles.room(12));
  EXPECT_TRUE(tiles.room(13));
}

TEST(Stream, RowsAreRoomForTheNextProductOneCycleAfterTheyAreFreed) {
  Wakes wakes;
  Stream stream(wakes, 1, 4);
  EXPECT_TRUE(stream.room(0, 4));
  stream.push(3, {0, 20, 2});
  EXPECT_TRUE(stream.room(1, 1));
  EXPECT_FALSE(stream.room(1, 2));
  stream.pop();
  EXPECT_FALSE(stream.room(30, 2)) << "popped, but still being read";
  stream.free(31, 3);
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::matrix1)), 32);
  EXPECT_FALSE(stream.room(31, 2));
  EXPECT_TRUE(stream.room(32, 4));
}

TEST(Stream, SumsAreSeenInTheCycleAfterTheirProductStarts) {
  Wakes wakes;
  Stream stream(wakes, 0, 4);
  EXPECT_EQ(stream.head(5), nullptr);
  stream.push(1, {6, 20, 2});
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::gate)), 7);
  EXPECT_EQ(stream.head(6), nullptr);
  stream.push(2, {7, 30, 2});
  ASSERT_NE(stream.head(7), nullptr);
  EXPECT_EQ(stream.head(7)->first, 20);
  stream.pop();
  EXPECT_EQ(stream.head(8)->first, 30) << "oldest first";
}

TEST(Halt, IsSeenOneCycleLaterByAll) {
  Wakes wakes;
  Halt halt(wakes);
  EXPECT_FALSE(halt.seen(kNever - 1));
  halt.set(20);
  EXPECT_FALSE(halt.seen(20));
  EXPECT_TRUE(halt.seen(21));
  for (int unit = 0; unit < kChipUnits; ++unit) EXPECT_EQ(wakes.of(unit), 21);
}

TEST(Replies, AreSeenOneCycleLater) {
  Wakes wakes;
  Replies replies(wakes, static_cast<int>(Unit::load), 2);
  EXPECT_FALSE(replies.seen(1, 5));
  replies.set(1, 5);
  EXPECT_FALSE(replies.seen(1, 5));
  EXPECT_TRUE(replies.seen(1, 6));
  EXPECT_FALSE(replies.seen(0, 6));
  replies.clear(1);
  EXPECT_FALSE(replies.seen(1, 7));
}

}  // namespace
}  // namespace rondo
