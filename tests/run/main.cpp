#define BOOST_TEST_MODULE host_running
#include <boost/test/unit_test.hpp>
