#define BOOST_TEST_MODULE host_status
#include <boost/test/unit_test.hpp>
