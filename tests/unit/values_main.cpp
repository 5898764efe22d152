#define BOOST_TEST_MODULE values
#include <boost/test/unit_test.hpp>
