#define BOOST_TEST_MODULE postgres_values
#include <boost/test/unit_test.hpp>
